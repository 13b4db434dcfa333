import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('identify', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='GuideEdition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('guide', models.CharField(help_text='id of the guide', max_length=32)),
                ('version', models.CharField(help_text='the version it says of itself', max_length=32)),
                ('sha256', models.CharField(help_text='SHA-256 of its file', max_length=64)),
                ('text', models.TextField(help_text='its file')),
                ('first_at', models.DateTimeField(help_text='when a run first used it')),
                ('last_at', models.DateTimeField(help_text='when a run last used it')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('guide', 'sha256'), name='edition_once')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(help_text='what the person calls it', max_length=40)),
                ('filters', models.JSONField(help_text='the filters of the queue, by name')),
                ('made_at', models.DateTimeField(help_text='when it was last saved')),
            ],
        ),
        migrations.AddIndex(
            model_name='ring',
            index=models.Index(fields=['run', 'ring_id'], name='ring_by_id'),
        ),
        migrations.AddIndex(
            model_name='ring',
            index=models.Index(fields=['institution', 'shared_at'], name='ring_by_share'),
        ),
        migrations.AddField(
            model_name='savedview',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='views', to='accounts.membership'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(fields=('member', 'name'), name='view_once'),
        ),
    ]
