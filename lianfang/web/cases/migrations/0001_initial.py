import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('evidence', '0002_exhibits'),
        ('identify', '0002_views_editions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('table', models.CharField(help_text='which table it moves by: application, suspicion', max_length=16)),
                ('typology', models.CharField(help_text='activity it is about, a BG code', max_length=8)),
                ('key', models.CharField(help_text="the matter: the engine's id of the ring", max_length=64)),
                ('state', models.CharField(help_text='a state of its table', max_length=24)),
                ('outcome', models.CharField(blank=True, help_text='what it was found to be', max_length=16)),
                ('appeal_outcome', models.CharField(blank=True, help_text='what the appeal made of that', max_length=16)),
                ('priority', models.PositiveSmallIntegerField(default=0, help_text='first among those due on one day')),
                ('due_on', models.DateField(help_text='earliest last day as of the last move; orders lists, decides nothing', null=True)),
                ('expires_on', models.DateField(help_text='day on which the decision expires', null=True)),
                ('findings', models.JSONField(default=list, help_text='codes of conduct findings the self-check must speak to')),
                ('made_at', models.DateTimeField(help_text='when it was opened')),
                ('moved_at', models.DateTimeField(help_text='when it last moved')),
                ('ended_at', models.DateTimeField(help_text='when it came to rest; none while it is open', null=True)),
                ('shared_at', models.DateTimeField(help_text='when the decision was shared with the regulator', null=True)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='accounts.institution')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='accounts.membership')),
                ('ring', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cases', to='identify.ring')),
            ],
            options={
                'indexes': [models.Index(fields=['institution', 'state', 'due_on'], name='case_by_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('institution', 'table', 'typology', 'key'), name='case_open_once')],
            },
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('criterion', models.CharField(help_text='A1 to A12', max_length=8)),
                ('reason', models.TextField(blank=True, help_text='how the exhibits show it')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='cases.case')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('case', 'criterion'), name='claim_once')],
            },
        ),
        migrations.CreateModel(
            name='ClaimExhibit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('claim', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rests_on', to='cases.claim')),
                ('exhibit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='evidence.exhibit')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('claim', 'exhibit'), name='claim_exhibit_once')],
            },
        ),
        migrations.CreateModel(
            name='GroupSeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField(help_text='since when')),
                ('ended_at', models.DateTimeField(help_text='until when; none while it stands', null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='group_seats', to='cases.case')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='group_seats', to='accounts.membership')),
            ],
        ),
        migrations.CreateModel(
            name='GuardAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('guard', models.CharField(help_text='G1 to G8', max_length=8)),
                ('applies', models.BooleanField(help_text='whether it applies')),
                ('note', models.TextField(help_text='why, or why not')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='guards', to='cases.case')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('case', 'guard'), name='guard_answer_once')],
            },
        ),
        migrations.CreateModel(
            name='Lease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField(help_text='since when')),
                ('until', models.DateTimeField(help_text='until when, unless renewed')),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='lease', to='cases.case')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='leases', to='accounts.membership')),
            ],
        ),
        migrations.CreateModel(
            name='Opinion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('finding', models.CharField(help_text='abnormal, not_abnormal, unclear', max_length=16)),
                ('reason', models.TextField(help_text='why')),
                ('at', models.DateTimeField(help_text='when')),
                ('lapsed_at', models.DateTimeField(help_text='when it stopped counting', null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opinions', to='cases.case')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opinions', to='accounts.membership')),
            ],
        ),
        migrations.CreateModel(
            name='Panel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('stage', models.CharField(help_text='first or appeal', max_length=8)),
                ('made_at', models.DateTimeField(help_text='since when')),
                ('closed_at', models.DateTimeField(help_text='when its ballot was closed and the votes opened', null=True)),
                ('ended_at', models.DateTimeField(help_text='when another panel took its place', null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='panels', to='cases.case')),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='panels_closed', to='accounts.membership')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='panels_made', to='accounts.membership')),
            ],
        ),
        migrations.CreateModel(
            name='PanelSeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='panel_seats', to='accounts.membership')),
                ('panel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seats', to='cases.panel')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('panel', 'member'), name='panel_seat_once')],
            },
        ),
        migrations.CreateModel(
            name='SelfCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('written_at', models.DateTimeField(help_text='when it was last changed')),
                ('answers', models.JSONField(default=dict, help_text='question → {yes, note}')),
                ('findings', models.JSONField(default=dict, help_text='conduct finding → what was done about it')),
                ('remedy', models.TextField(blank=True, help_text='what was put right')),
                ('signed_at', models.DateTimeField(help_text='when compliance signed; none while unsigned', null=True)),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='self_check', to='cases.case')),
                ('signed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='self_checks_signed', to='accounts.membership')),
                ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='self_checks', to='accounts.membership')),
            ],
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('act', models.CharField(help_text="the act's code in its table", max_length=32)),
                ('at', models.DateTimeField(help_text='when')),
                ('came_from', models.CharField(help_text='the state before', max_length=24)),
                ('to', models.CharField(help_text='the state after', max_length=24)),
                ('note', models.TextField(blank=True, help_text='what was said with it')),
                ('given', models.JSONField(default=dict, help_text='fields that came with it; days as YYYY-MM-DD')),
                ('exhibits', models.JSONField(default=list, help_text='codes of exhibits that came with it')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='cases.case')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='case_steps', to='accounts.institution')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='case_steps', to='accounts.membership')),
            ],
            options={
                'indexes': [models.Index(fields=['case', 'id'], name='case_step_by_case')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('receiver', models.CharField(help_text='applicant or person', max_length=16)),
                ('told_how', models.CharField(help_text='how it was told', max_length=300)),
                ('appeal_until', models.DateField(help_text='last day of an appeal', null=True)),
                ('made_at', models.DateTimeField(help_text='when')),
                ('received_at', models.DateTimeField(help_text='when the applicant confirmed it', null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='cases.case')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='accounts.membership')),
                ('received_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices_received', to='accounts.membership')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='cases.step')),
            ],
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('stage', models.CharField(help_text='working_group, first or appeal', max_length=16)),
                ('outcome', models.CharField(help_text='what it was found to be, or what the appeal made of it', max_length=16)),
                ('reasons', models.TextField(help_text='why')),
                ('handling', models.TextField(blank=True, help_text='how such complaints are to be handled, the same for all')),
                ('correction', models.TextField(blank=True, help_text='what an appeal put right')),
                ('n_by_choice', models.JSONField(default=dict, help_text='votes counted by choice; empty where the group agreed')),
                ('dissents', models.JSONField(default=list, help_text='codes of the votes that went the other way')),
                ('made_at', models.DateTimeField(help_text='when')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='cases.case')),
                ('step', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='decision', to='cases.step')),
            ],
        ),
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('disputed_by', models.CharField(help_text='applicant, person_concerned, agent', max_length=20)),
                ('grounds', models.TextField(help_text='why')),
                ('made_at', models.DateTimeField(help_text='when it was taken')),
                ('outcome', models.CharField(blank=True, help_text='upheld, corrected, removed; empty while under way', max_length=16)),
                ('ended_at', models.DateTimeField(help_text='when it was decided', null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='cases.case')),
                ('step', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='appeal', to='cases.step')),
            ],
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('rule', models.CharField(help_text='a task of its table', max_length=32)),
                ('done_at', models.DateTimeField(help_text='when; none while open', null=True)),
                ('note', models.CharField(blank=True, help_text='how it was done', max_length=300)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='cases.case')),
                ('done_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='accounts.membership')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='cases.step')),
            ],
        ),
        migrations.CreateModel(
            name='Tie',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(help_text='a tie of review.yaml', max_length=20)),
                ('note', models.CharField(help_text='how it is known', max_length=300)),
                ('made_at', models.DateTimeField(help_text='when it was entered')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ties_made', to='accounts.membership')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ties', to=settings.AUTH_USER_MODEL)),
                ('to_case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ties', to='cases.case')),
                ('to_institution', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ties', to='accounts.institution')),
            ],
        ),
        migrations.CreateModel(
            name='Vote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('stage', models.CharField(help_text='first or appeal', max_length=8)),
                ('choice', models.CharField(help_text='a choice of review.yaml', max_length=16)),
                ('reason', models.TextField(help_text='why')),
                ('at', models.DateTimeField(help_text='when')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='cases.case')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='accounts.membership')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('case', 'stage', 'person'), name='vote_once')],
            },
        ),
    ]
