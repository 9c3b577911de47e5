"""Addresses of the books."""

from django.urls import path

from reports import views

urlpatterns = [
    path("books/", views.books, name="books"),
    path("books/figures.csv", views.books_csv, name="books_csv"),
    path("books/contributors/", views.contributors, name="contributors"),
    path("books/elsewhere/", views.elsewhere, name="elsewhere"),
    path("books/recipes/<slug:slug>/", views.recipe_comparison, name="recipe_comparison"),
    path("books/method/", views.method, name="method"),
    path("books/lots/<slug:slug>/<slug:code>/", views.lot_report, name="lot_report"),
    path("books/lots/<slug:slug>/<slug:code>/figures.csv", views.lot_csv, name="lot_csv"),
    path("books/lots/<slug:slug>/<slug:code>/chain/", views.chain, name="chain"),
    path("books/lots/<slug:slug>/<slug:code>/making/", views.lot_making, name="lot_making"),
]
