"""What browsers tell of our pages: that something on one was kept from loading or running."""
