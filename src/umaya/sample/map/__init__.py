"""Drawing the town: streets, valleys, river, houses; its segments; its OpenStreetMap file."""
