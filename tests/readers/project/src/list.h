int list_length(const int *items);
