from django.urls import URLPattern, URLResolver, include, path

from logistics.views import (
    own_application_acts,
    own_application_edit,
    own_applications,
    side_events,
    staff_announcement,
    staff_application_acts,
    staff_application_edit,
    staff_applications,
)

own = [
    path("", own_applications.OwnApplications.as_view(), name="own-side-events"),
    path("new/<slug:kind>/", own_application_edit.BeginOwn.as_view(), name="own-side-event-new"),
    path("<int:pk>/", own_applications.OwnApplication.as_view(), name="own-side-event"),
    path("<int:pk>/edit/", own_application_edit.EditOwn.as_view(), name="own-side-event-edit"),
    path("<int:pk>/submit/", own_applications.SubmitOwn.as_view(), name="own-side-event-submit"),
    path("<int:pk>/receipt/", own_applications.OwnReceipt.as_view(), name="own-side-event-receipt"),
    path("<int:pk>/flyer/", own_applications.OwnFlyer.as_view(), name="own-side-event-flyer"),
    path("<int:pk>/flyer/change/", own_applications.ChangeOwnFlyer.as_view(), name="own-side-event-flyer-change"),
    path("<int:pk>/confirm/", own_application_acts.ConfirmPromotion.as_view(), name="own-side-event-confirm"),
    path("<int:pk>/answer/", own_application_acts.AnswerCorrection.as_view(), name="own-side-event-answer"),
    path("<int:pk>/withdraw/", own_application_acts.WithdrawOwn.as_view(), name="own-side-event-withdraw"),
    path("<int:pk>/carry-over/", own_application_acts.CarryOver.as_view(), name="own-side-event-carry-over"),
    path("<int:pk>/discard/", own_application_acts.DiscardOwn.as_view(), name="own-side-event-discard"),
]

acts = staff_application_acts


staff: list[URLPattern] = [
    path("", staff_applications.Queue.as_view(), name="staff-side-events"),
    path("new/<slug:kind>/", staff_application_edit.BeginForOrganiser.as_view(), name="staff-side-event-new"),
    path("announce/<slug:kind>/", staff_announcement.Announce.as_view(), name="staff-side-events-announce"),
    path("<int:pk>/", staff_applications.Case.as_view(), name="staff-side-event"),
    path("<int:pk>/edit/", staff_application_edit.EditForOrganiser.as_view(), name="staff-side-event-edit"),
    path("<int:pk>/submit/", staff_applications.SubmitForOrganiser.as_view(), name="staff-side-event-submit"),
    path("<int:pk>/flyer/", staff_applications.StaffFlyer.as_view(), name="staff-side-event-flyer"),
    path(
        "<int:pk>/flyer/change/",
        staff_applications.ChangeFlyerForOrganiser.as_view(),
        name="staff-side-event-flyer-change",
    ),
    path("<int:pk>/check/", staff_applications.Check.as_view(), name="staff-side-event-check"),
    path("<int:pk>/prepare/<str:decision>/", acts.Prepare.as_view(), name="staff-side-event-prepare"),
    path("<int:pk>/decide/<str:decision>/", acts.Decide.as_view(), name="staff-side-event-decide"),
    path("<int:pk>/unprepare/", acts.TakeBackPrepared.as_view(), name="staff-side-event-unprepare"),
    path("<int:pk>/correction/", acts.RequestCorrection.as_view(), name="staff-side-event-correction"),
    path("<int:pk>/answer/", acts.AnswerForOrganiser.as_view(), name="staff-side-event-answer"),
    path("<int:pk>/confirm/", acts.ConfirmForOrganiser.as_view(), name="staff-side-event-confirm"),
    path("<int:pk>/withdraw/", acts.WithdrawForOrganiser.as_view(), name="staff-side-event-withdraw"),
    path("<int:pk>/carry-over/", acts.CarryOverForOrganiser.as_view(), name="staff-side-event-carry-over"),
    path("<int:pk>/reopen/", acts.Reopen.as_view(), name="staff-side-event-reopen"),
    path("<int:pk>/merge/", acts.Merge.as_view(), name="staff-side-event-merge"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("<slug:code>/side-events/", side_events.SideEvents.as_view(), name="side-events"),
    path("<slug:code>/side-events/register/", side_events.Register.as_view(), name="side-events-register"),
    path("<slug:code>/delegation/<str:who>/side-events/", include(own)),
    path("<slug:code>/staff/side-events/", include(staff)),
]
