import uuid

import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('full_name', models.CharField(blank=True, help_text='how colleagues know the person', max_length=80)),
                ('must_change_password', models.BooleanField(default=False, help_text='the password was given once by somebody else')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='Institution',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name_zh', models.CharField(help_text='name in Chinese', max_length=120)),
                ('name_en', models.CharField(help_text='name in English', max_length=120)),
                ('sort', models.CharField(help_text='association, member, agency, regulator', max_length=16)),
                ('made_at', models.DateTimeField(help_text='when it was entered')),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='below', to='accounts.institution')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('parent', 'name_zh'), name='institution_once')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('role', models.CharField(help_text='a role of roles.yaml', max_length=32)),
                ('made_at', models.DateTimeField(help_text='from when')),
                ('ended_at', models.DateTimeField(help_text='until when; none while it stands', null=True)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.institution')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('user', 'institution', 'role'), name='membership_once')],
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(help_text='what it is for', max_length=80)),
                ('prefix', models.CharField(help_text='first letters, to know it by', max_length=12)),
                ('sha256', models.CharField(help_text='SHA-256 of the key; the key itself is shown once', max_length=64, unique=True)),
                ('scopes', models.JSONField(help_text='permissions it may use')),
                ('made_at', models.DateTimeField(help_text='when it was made')),
                ('expires_at', models.DateTimeField(help_text='when it stops')),
                ('revoked_at', models.DateTimeField(help_text='when somebody stopped it', null=True)),
                ('used_at', models.DateTimeField(help_text='when it was last used, to the hour', null=True)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='keys', to='accounts.membership')),
            ],
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('reason', models.CharField(help_text='why more is needed', max_length=300)),
                ('n_people', models.PositiveIntegerField(help_text='how many more')),
                ('made_at', models.DateTimeField(help_text='from when')),
                ('expires_at', models.DateTimeField(help_text='until when')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases_given', to='accounts.membership')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='accounts.membership')),
            ],
        ),
        migrations.CreateModel(
            name='Sighting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.CharField(help_text='keyed digest of the person', max_length=64)),
                ('seen_at', models.DateTimeField(help_text='when last')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sightings', to='accounts.membership')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('member', 'person'), name='sighting_once')],
            },
        ),
        migrations.CreateModel(
            name='Visit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField(help_text='when')),
                ('purpose', models.CharField(help_text='a purpose of meter.yaml, or `refused`', max_length=32)),
                ('reason', models.CharField(blank=True, help_text="in the visitor's words", max_length=300)),
                ('target', models.CharField(help_text='what was looked at, or the permission refused', max_length=160)),
                ('n_people', models.PositiveIntegerField(help_text='different people seen in the window, this one counted')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='accounts.membership')),
            ],
            options={
                'indexes': [models.Index(fields=['member', '-made_at'], name='visit_by_member')],
            },
        ),
    ]
