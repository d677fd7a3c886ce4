"""The custom actions of Harbour Bank."""
