"""What others have published: every row names its source, and numbers are written as the reader writes them."""

import pytest
from django.test import Client
from django.urls import reverse

from reports.baselines.series import series

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


def test_no_row_is_without_a_source() -> None:
    rows = [row for table in series() for row in table.rows]
    assert len(rows) > 50
    assert all(source and source != "same" for _cells, source in rows)


def test_comte_of_2012_stands_there_as_published(client: Client) -> None:
    page = client.get(reverse("elsewhere")).content.decode()
    assert "57,886" in page and "lafranceagricole 2013" in page and "milk, l" in page
    client.cookies["django_language"] = "fr"
    french = client.get(reverse("elsewhere"), headers={"accept-language": "fr"}).content.decode()
    assert "57\u202f886" in french and "0,42–0,45" in french


def test_only_the_demonstration_calls_its_figures_synthetic(client: Client, settings) -> None:
    assert 'id="synthetic"' not in client.get(reverse("elsewhere")).content.decode()
    settings.IS_DEMONSTRATION = True
    assert 'id="synthetic"' in client.get(reverse("elsewhere")).content.decode()
