import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('evidence', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Exhibit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('institution', models.CharField(help_text='code of the institution that owns it', max_length=64)),
                ('about', models.CharField(blank=True, help_text='code of the row it belongs to; none while unfiled', max_length=64)),
                ('title', models.CharField(help_text='what a list calls it', max_length=120)),
                ('sort', models.CharField(help_text='web, message, record, file, other', max_length=16)),
                ('purpose', models.CharField(help_text='what it is to prove', max_length=300)),
                ('source', models.CharField(help_text='where it was taken from', max_length=200)),
                ('captured_at', models.DateTimeField(help_text='when it was taken')),
                ('captured_by', models.CharField(help_text='code of who took it', max_length=64)),
                ('name', models.CharField(help_text='the file name it came with, made harmless', max_length=160)),
                ('mime', models.CharField(help_text='the type its bytes were taken for', max_length=100)),
                ('is_quarantined', models.BooleanField(default=False, help_text='its name was a trick or its type runs: handed out disarmed')),
                ('n_people', models.PositiveIntegerField(default=1, help_text="how many people's personal fields it holds: reading counts them")),
                ('n_bytes', models.BigIntegerField(help_text='its size')),
                ('sha256', models.CharField(help_text='SHA-256 at intake', max_length=64)),
                ('sm3', models.CharField(help_text='SM3 at intake', max_length=64)),
                ('made_at', models.DateTimeField(help_text='when it came in')),
                ('made_by', models.CharField(help_text='code of the membership that brought it, or `system`', max_length=64)),
                ('expires_on', models.DateField(help_text='last day it is kept; none: it stays', null=True)),
                ('state', models.CharField(default='held', help_text='held, damaged, forgotten', max_length=16)),
                ('forget_asked_by', models.CharField(blank=True, help_text='code of who asked for its removal', max_length=64)),
                ('forget_rule', models.CharField(blank=True, help_text='by which rule', max_length=200)),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='exhibit', to='evidence.entry')),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='evidence.exhibit')),
            ],
            options={
                'indexes': [models.Index(fields=['about', 'id'], name='exhibit_by_about'), models.Index(fields=['institution', '-id'], name='exhibit_by_institution')],
            },
        ),
        migrations.CreateModel(
            name='Custody',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(help_text='when')),
                ('actor', models.CharField(help_text='code of the membership that acted, or `system`', max_length=64)),
                ('act', models.CharField(help_text='capture, view, export, hold, release, verify, redact, destroy', max_length=16)),
                ('purpose', models.CharField(help_text='what for', max_length=200)),
                ('is_same', models.BooleanField(help_text='whether the bytes were those of the intake; none: not looked at', null=True)),
                ('line', models.BinaryField(help_text='canonical JSON of the line, bound to the one before')),
                ('exhibit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='custody', to='evidence.exhibit')),
            ],
            options={
                'indexes': [models.Index(fields=['exhibit', 'id'], name='custody_by_exhibit')],
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('reason', models.CharField(help_text='why it must stay', max_length=200)),
                ('made_by', models.CharField(help_text='code of who placed it', max_length=64)),
                ('made_at', models.DateTimeField(help_text='from when')),
                ('lifted_by', models.CharField(blank=True, help_text='code of who released it', max_length=64)),
                ('lifted_at', models.DateTimeField(help_text='until when; none while it stands', null=True)),
                ('lift_reason', models.CharField(blank=True, help_text='why it was released', max_length=200)),
                ('exhibit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='evidence.exhibit')),
            ],
        ),
        migrations.CreateModel(
            name='Redaction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(help_text='characters `from-to` of a text, or a page', max_length=40)),
                ('what', models.CharField(help_text='what sort of thing stood there', max_length=80)),
                ('why', models.CharField(help_text='why it is covered', max_length=120)),
                ('salt', models.BinaryField(help_text='opens the commitment to what stood there; none once forgotten', null=True)),
                ('exhibit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='redactions', to='evidence.exhibit')),
            ],
        ),
        migrations.CreateModel(
            name='Stamp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(help_text='the moment the authority names')),
                ('authority', models.CharField(help_text='where it was asked', max_length=200)),
                ('serial', models.CharField(help_text="the authority's number of it", max_length=64)),
                ('raw', models.BinaryField(help_text='the answer, to be checked with openssl ts')),
                ('exhibit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stamps', to='evidence.exhibit')),
            ],
        ),
    ]
