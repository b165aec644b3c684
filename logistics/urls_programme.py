"""Where the programme is found."""

from django.urls import path

from logistics.views import staff_placing, staff_programme

urlpatterns = [
    path("<slug:code>/staff/programme/", staff_programme.ProgrammePage.as_view(), name="staff-programme"),
    path("<slug:code>/staff/programme/move/", staff_programme.MoveEvent.as_view(), name="staff-programme-move"),
    path("<slug:code>/staff/programme/publish/", staff_programme.PublishProgramme.as_view(), name="staff-publish"),
    path("<slug:code>/staff/programme/propose/", staff_placing.RequestPlacing.as_view(), name="staff-placing-request"),
    path("<slug:code>/staff/programme/proposals/<int:pk>/", staff_placing.PlacingPage.as_view(), name="staff-placing"),
    path(
        "<slug:code>/staff/programme/proposals/<int:pk>/cancel/",
        staff_placing.CancelPlacing.as_view(),
        name="staff-placing-cancel",
    ),
    path(
        "<slug:code>/staff/programme/proposals/<int:pk>/apply/",
        staff_placing.ApplyPlacing.as_view(),
        name="staff-placing-apply",
    ),
    path(
        "<slug:code>/staff/programme/proposals/<int:pk>/undo/",
        staff_placing.UndoPlacing.as_view(),
        name="staff-placing-undo",
    ),
    path(
        "<slug:code>/staff/programme/<slug:event>/", staff_programme.PlaceEvent.as_view(), name="staff-programme-event"
    ),
    path(
        "<slug:code>/staff/programme/<slug:event>/check/",
        staff_programme.CheckEvent.as_view(),
        name="staff-programme-check",
    ),
    path(
        "<slug:code>/staff/programme/<slug:event>/remove/",
        staff_programme.RemoveEvent.as_view(),
        name="staff-programme-remove",
    ),
    path(
        "<slug:code>/staff/programme/<slug:event>/pin/", staff_programme.PinEvent.as_view(), name="staff-programme-pin"
    ),
    path(
        "<slug:code>/staff/programme/<slug:event>/swap/",
        staff_programme.SwapEvents.as_view(),
        name="staff-programme-swap",
    ),
]
