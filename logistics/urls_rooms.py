"""The rooms, for everybody and for the secretariat."""

from django.urls import include, path

from logistics.views import rooms, staff_room_times, staff_rooms

staff = [
    path("", staff_rooms.StaffRooms.as_view(), name="staff-rooms"),
    path("add/", staff_rooms.RoomAdd.as_view(), name="staff-room-add"),
    path("<slug:room>/change/", staff_rooms.RoomChange.as_view(), name="staff-room-change"),
    path("<slug:room>/retire/", staff_rooms.RoomRetire.as_view(), name="staff-room-retire"),
    path("<slug:room>/restore/", staff_rooms.RoomRestore.as_view(), name="staff-room-restore"),
    path("<slug:room>/hold/", staff_rooms.RoomHold.as_view(), name="staff-room-hold"),
    path("<slug:room>/give-back/", staff_rooms.RoomGiveBack.as_view(), name="staff-room-give-back"),
    path("<slug:room>/block/", staff_room_times.RoomBlock.as_view(), name="staff-room-block"),
    path("<slug:room>/blocks/<int:pk>/lift/", staff_room_times.BlockLift.as_view(), name="staff-block-lift"),
    path("<slug:room>/plan/", staff_room_times.RoomPlan.as_view(), name="staff-room-plan"),
    path("<slug:room>/plan/remove/", staff_room_times.RoomPlanRemove.as_view(), name="staff-room-plan-remove"),
]

urlpatterns = [
    path("<slug:code>/rooms/", rooms.RoomsPage.as_view(), name="rooms"),
    path("<slug:code>/rooms/<slug:room>/plan/", rooms.Plan.as_view(), name="room-plan"),
    path("<slug:code>/staff/rooms/", include(staff)),
]
