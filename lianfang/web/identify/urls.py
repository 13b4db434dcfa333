"""Addresses of runs and rings."""

from django.urls import path

from lianfang.web.identify import guide_views, record_views, run_views, views

urlpatterns = [
    path("rings", views.rings, name="identify-rings"),
    path("rings/<uuid:code>", views.ring, name="identify-ring"),
    path("rings/<uuid:code>/graph", views.graph, name="identify-ring-graph"),
    path("rings/<uuid:code>/members", views.members, name="identify-ring-members"),
    path("rings/<uuid:code>/judge", views.judge, name="identify-ring-judge"),
    path("rings/<uuid:code>/share", views.share, name="identify-ring-share"),
    path("rings/<uuid:code>/purpose", views.purpose, name="identify-ring-purpose"),
    path("rings/<uuid:code>/unmask", views.unmask, name="identify-ring-unmask"),
    path("judgements", views.judgements, name="identify-judgements"),
    path("judgements/<uuid:code>/back", views.take_back, name="identify-judgement-take-back"),
    path("runs", run_views.runs, name="identify-runs"),
    path("runs/upload", run_views.upload, name="identify-run-upload"),
    path("runs/<uuid:code>", run_views.run, name="identify-run"),
    path("runs/<uuid:code>/progress", run_views.progress, name="identify-run-progress"),
    path("runs/<uuid:code>/columns", run_views.again_columns, name="identify-run-columns"),
    path("runs/<uuid:code>/start", run_views.start, name="identify-run-start"),
    path("runs/<uuid:code>/again", run_views.again, name="identify-run-again"),
    path("runs/<uuid:code>/drop", run_views.drop, name="identify-run-drop"),
    path("runs/<uuid:code>/rejects", run_views.rejects, name="identify-run-rejects"),
    path("check", run_views.check, name="identify-check"),
    path("runs/<uuid:code>/record", record_views.record, name="identify-run-record"),
    path("runs/<uuid:code>/record/purpose", record_views.record_purpose, name="identify-run-record-purpose"),
    path("runs/<uuid:code>/record/unmask", record_views.record_unmask, name="identify-run-record-unmask"),
    path("guides", guide_views.guide_list, name="identify-guides"),
    path("guides/<slug:name>", guide_views.guide, name="identify-guide"),
    path("guides/<slug:name>/history", guide_views.guide_history, name="identify-guide-history"),
    path("views/save", views.save_view, name="identify-view-save"),
    path("views/<uuid:code>/delete", views.delete_view, name="identify-view-delete"),
]
