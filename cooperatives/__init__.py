"""People, places, agreements and making: where value starts."""
