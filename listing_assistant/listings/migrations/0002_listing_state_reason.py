from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("listings", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="listing",
            name="state_reason",
            field=models.CharField(
                blank=True,
                help_text="Why moderation held, returned or removed it",
                max_length=1000,
            ),
        ),
    ]
