from django.urls import include, path

from sessions.views import (
    calendars,
    delegation,
    delegation_actions,
    delegation_inscribe,
    drawing,
    invitations,
    public,
    speakers,
)

app_name = "sessions"

delegation_urlpatterns = [
    path("", delegation.OwnDelegation.as_view(), name="delegation"),
    path("<str:who>/", delegation.DelegationPage.as_view(), name="delegation-of"),
    path("<str:who>/inscribe/", delegation_inscribe.Inscribe.as_view(), name="delegation-inscribe"),
    path("<str:who>/<int:receipt>/", delegation_actions.Receipt.as_view(), name="delegation-receipt"),
    path("<str:who>/<int:receipt>/change/", delegation_actions.ChangeInscription.as_view(), name="delegation-change"),
    path("<str:who>/<int:receipt>/withdraw/", delegation_actions.Withdraw.as_view(), name="delegation-withdraw"),
    path("<str:who>/<int:receipt>/undo/", delegation_actions.UndoWithdrawal.as_view(), name="delegation-undo"),
]

draw_urlpatterns = [
    path("", drawing.LatestDraw.as_view(), name="draw"),
    path("<int:attempt>/", drawing.Draw.as_view(), name="draw-attempt"),
    path("<int:attempt>/hall/", drawing.Hall.as_view(), name="hall"),
    path("<int:attempt>/notice/", drawing.Notice.as_view(), name="notice"),
    path("<int:attempt>/bundle.json", drawing.bundle, name="bundle"),
    path("<int:attempt>/announcement.json", drawing.announcement, name="announcement"),
    path("<int:attempt>/value/", drawing.HandIn.as_view(), name="hand-in"),
]

urlpatterns = [
    path("verify_draw.py", drawing.verify_script, name="verify-script"),
    path("invitation/<int:pk>/<slug:token>/", invitations.AcceptInvitation.as_view(), name="invitation"),
    path("<slug:code>/", public.SessionHome.as_view(), name="session"),
    path("<slug:code>/deadlines.ics", calendars.deadlines, name="deadlines-calendar"),
    path("<slug:code>/speakers/", speakers.Speakers.as_view(), name="speakers"),
    path("<slug:code>/speakers/versions/<int:version>/", speakers.Speakers.as_view(), name="speakers-version"),
    path("<slug:code>/speakers/versions/<int:version>.json", speakers.SpeakersFile.as_view(), name="speakers-file"),
    path("<slug:code>/draw/", include(draw_urlpatterns)),
    path("<slug:code>/delegation/", include(delegation_urlpatterns)),
    path("<slug:code>/staff/", include("sessions.urls_staff")),
]
