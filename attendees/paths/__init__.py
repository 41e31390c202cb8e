"""Who went where, when and for how long: stays, a picture, tables."""
