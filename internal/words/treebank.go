package words

func appendTreebank(dst []Span, s string) []Span { return appendUAX29(dst, s) }
