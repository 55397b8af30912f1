"""Dense networks in C++: the sources, their build, and the functions of the built library."""
