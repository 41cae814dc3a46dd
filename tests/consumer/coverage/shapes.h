int area(int kind, int size);
