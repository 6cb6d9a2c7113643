"""Import what people have: lists of posts, and the database of the older server."""
