from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recommender", "0010_reports")]

    operations = [
        migrations.AddField(
            model_name="itemembedding",
            name="title_vector",
            field=models.BinaryField(
                help_text="As vector, of the title alone; none before it is encoded again",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="impression",
            name="served",
            field=models.JSONField(
                blank=True, default=dict, help_text="How the strip was made: similar/served.py"
            ),
        ),
    ]
