from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("catalogue", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="taxonomy",
            name="inherits_attributes",
            field=models.BooleanField(
                default=True,
                help_text="On: a category has its ancestors' attributes as well as its own",
            ),
        ),
        migrations.AddField(
            model_name="taxonomy",
            name="is_offered",
            field=models.BooleanField(
                default=False, help_text="On: sellers choose from its categories"
            ),
        ),
    ]
