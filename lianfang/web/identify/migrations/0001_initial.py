import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(help_text='what the person called it', max_length=120)),
                ('state', models.CharField(default='draft', help_text='draft, waiting, running, done, failed', max_length=16)),
                ('made_at', models.DateTimeField(help_text='when the files came')),
                ('started_at', models.DateTimeField(help_text='when a worker took it', null=True)),
                ('ended_at', models.DateTimeField(help_text='when it ended', null=True)),
                ('beat_at', models.DateTimeField(help_text='last sign of life of its worker', null=True)),
                ('n_tries', models.PositiveSmallIntegerField(default=0, help_text='how often a worker took it')),
                ('step', models.JSONField(default=dict, help_text='the step under way: n, of, zh, en')),
                ('told', models.JSONField(default=dict, help_text='counts and seconds when done, the error when failed')),
                ('columns', models.JSONField(default=list, help_text='how every column of every file was taken')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='accounts.institution')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='accounts.membership')),
            ],
            options={
                'indexes': [models.Index(fields=['institution', '-id'], name='run_by_institution')],
            },
        ),
        migrations.CreateModel(
            name='Ring',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('ring_id', models.CharField(help_text="the engine's id, the same on the next run", max_length=64)),
                ('place', models.PositiveIntegerField(help_text='place in the queue')),
                ('level', models.CharField(help_text='look or review', max_length=8)),
                ('n_records', models.PositiveIntegerField(help_text='records')),
                ('n_people', models.PositiveIntegerField(help_text='people')),
                ('n_institutions', models.PositiveIntegerField(help_text='institutions concerned')),
                ('first_on', models.DateField(help_text='first day', null=True)),
                ('last_on', models.DateField(help_text='last day', null=True)),
                ('activities', models.CharField(help_text='BG codes joined by |', max_length=80)),
                ('score', models.FloatField(help_text='orders the queue only')),
                ('why_zh', models.TextField(help_text='reason in Chinese')),
                ('why_en', models.TextField(help_text='reason in English')),
                ('shared_at', models.DateTimeField(help_text='when it was shared with the association', null=True)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rings', to='accounts.institution')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rings', to='identify.run')),
            ],
            options={
                'indexes': [models.Index(fields=['run', 'place'], name='ring_by_run')],
            },
        ),
        migrations.CreateModel(
            name='RunFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='the name it came with, made harmless', max_length=160)),
                ('n_bytes', models.BigIntegerField(help_text='its size')),
                ('sha256', models.CharField(help_text='SHA-256 of its bytes at intake', max_length=64)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='identify.run')),
            ],
        ),
        migrations.CreateModel(
            name='Judgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('left', models.CharField(help_text='kind:record_id', max_length=200)),
                ('right', models.CharField(help_text='kind:record_id', max_length=200)),
                ('answer', models.CharField(help_text='same, different, unsure', max_length=16)),
                ('reason', models.CharField(help_text="why, in the person's words", max_length=300)),
                ('ring_id', models.CharField(blank=True, help_text='the ring it was judged in', max_length=64)),
                ('made_at', models.DateTimeField(help_text='when')),
                ('taken_back_at', models.DateTimeField(help_text='when it stopped standing', null=True)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='judgements', to='accounts.institution')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='judgements', to='accounts.membership')),
                ('taken_back_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='judgements_taken_back', to='accounts.membership')),
            ],
            options={
                'indexes': [models.Index(fields=['institution', '-id'], name='judgement_by_institution')],
            },
        ),
    ]
