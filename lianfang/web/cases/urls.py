"""Addresses of cases and their review."""

from django.urls import path

from lianfang.web.cases import review_views, views

urlpatterns = [
    path("cases", views.cases, name="cases-cases"),
    path("cases/bulk", views.bulk, name="cases-bulk"),
    path("cases/next", views.next_case, name="cases-next"),
    path("cases/precedents", review_views.precedents, name="cases-precedents"),
    path("rings/<uuid:code>/case", views.open_on_ring, name="cases-ring-open"),
    path("cases/<uuid:code>", views.case, name="cases-case"),
    path("cases/<uuid:code>/move", views.move, name="cases-case-move"),
    path("cases/<uuid:code>/claim", views.claim, name="cases-case-claim"),
    path("cases/<uuid:code>/release", views.release, name="cases-case-release"),
    path("cases/<uuid:code>/check", views.check, name="cases-case-check"),
    path("cases/<uuid:code>/sign", views.sign, name="cases-case-sign"),
    path("cases/<uuid:code>/claims", views.claims, name="cases-case-claims"),
    path("cases/<uuid:code>/guards", views.guards, name="cases-case-guards"),
    path("cases/<uuid:code>/group", review_views.group, name="cases-case-group"),
    path("cases/<uuid:code>/group/seat", review_views.seat_group, name="cases-case-group-seat"),
    path("cases/<uuid:code>/opinion", review_views.opinion, name="cases-case-opinion"),
    path("cases/<uuid:code>/tie", review_views.tie, name="cases-case-tie"),
    path("cases/<uuid:code>/vote", review_views.vote, name="cases-case-vote"),
    path("cases/<uuid:code>/panel", review_views.seat_panel, name="cases-case-panel-seat"),
    path("cases/<uuid:code>/cast", review_views.cast, name="cases-case-cast"),
    path("cases/<uuid:code>/close", review_views.close, name="cases-case-close"),
    path("cases/<uuid:code>/decision", review_views.decision, name="cases-case-decision"),
    path("cases/<uuid:code>/share", review_views.share, name="cases-case-share"),
    path("cases/<uuid:code>/appeal", review_views.appeal, name="cases-case-appeal"),
    path("tasks/<uuid:code>/done", views.task_done, name="cases-task-done"),
    path("notices/<uuid:code>/received", views.receive, name="cases-notice-receive"),
    path("moves/<uuid:code>/proof", views.proof, name="cases-step-proof"),
    path("moves/<uuid:code>/leaf", views.leaf, name="cases-step-leaf"),
]
