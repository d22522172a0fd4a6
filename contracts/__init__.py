"""All that services know of each other: events, questions, permissions. Generated documents lie beside them."""
