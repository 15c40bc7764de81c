from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recommender', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='itemembedding',
            name='is_live',
            field=models.BooleanField(default=False, help_text='Whether searches may find it'),
        ),
        migrations.RunSQL(
            'CREATE SEQUENCE recommender_revision AS bigint',
            'DROP SEQUENCE recommender_revision',
        ),
    ]
