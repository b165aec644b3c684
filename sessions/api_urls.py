from django.urls import path

from sessions import api

urlpatterns = [
    path("sessions/", api.SessionList.as_view(), name="api-sessions"),
    path("sessions/<slug:code>/", api.SessionDetail.as_view(), name="api-session"),
    path("sessions/<slug:code>/slots/", api.SlotList.as_view(), name="api-slots"),
    path("sessions/<slug:code>/speakers/", api.SpeakerList.as_view(), name="api-speakers"),
    path("sessions/<slug:code>/draws/", api.DrawList.as_view(), name="api-draws"),
    path("sessions/<slug:code>/draws/<int:attempt>/", api.DrawDetail.as_view(), name="api-draw"),
    path("sessions/<slug:code>/draws/<int:attempt>/bundle/", api.DrawBundle.as_view(), name="api-bundle"),
    path("sessions/<slug:code>/draws/<int:attempt>/values/", api.DrawValues.as_view(), name="api-draw-values"),
    path("sessions/<slug:code>/rules/", api.RuleList.as_view(), name="api-rules"),
    path("sessions/<slug:code>/journal/head/", api.JournalHead.as_view(), name="api-journal-head"),
]
