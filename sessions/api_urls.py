from django.urls import path

from sessions import api, api_changes
from sessions import api_inscriptions as inscriptions

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
    path("sessions/<slug:code>/inscriptions/", inscriptions.InscriptionList.as_view(), name="api-inscriptions"),
    path(
        "sessions/<slug:code>/inscriptions/<int:receipt>/",
        inscriptions.InscriptionDetail.as_view(),
        name="api-inscription",
    ),
    path(
        "sessions/<slug:code>/inscriptions/<int:receipt>/withdraw/",
        inscriptions.InscriptionWithdrawal.as_view(),
        name="api-inscription-withdraw",
    ),
    path(
        "sessions/<slug:code>/inscriptions/<int:receipt>/undo-withdrawal/",
        inscriptions.InscriptionRestoration.as_view(),
        name="api-inscription-undo",
    ),
    path("sessions/<slug:code>/changes/", api_changes.Changes.as_view(), name="api-changes"),
    path("sessions/<slug:code>/journal/head/", api.JournalHead.as_view(), name="api-journal-head"),
]
