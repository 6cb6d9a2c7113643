"""Models of engagement, with numpy and scipy: pure, no database, no network. Imported only when first asked for."""
