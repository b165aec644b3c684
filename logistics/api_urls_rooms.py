from django.urls import path

from logistics import api_rooms as rooms

urlpatterns = [
    path("sessions/<slug:code>/rooms/", rooms.RoomList.as_view(), name="api-rooms"),
    path("sessions/<slug:code>/rooms/<slug:room>/", rooms.RoomDetail.as_view(), name="api-room"),
]
