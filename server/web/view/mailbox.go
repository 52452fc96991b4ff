package view

import (
	"regexp"

	"github.com/exeat/exeat/mailbox"
)

// Mailbox lists the mails that a demonstration has sent.
type Mailbox struct {
	Page
	Mails []mailbox.Mail
}

// Mail is one of them.
type Mail struct {
	Page
	M mailbox.Mail
}

var address = regexp.MustCompile(`https?://[^\s<>]+`)

// piece is a part of a text: an address, or what stands between two.
type piece struct {
	Text string
	Link bool
}

// pieces finds the addresses in a text.
func pieces(text string) []piece {
	var out []piece
	last := 0
	for _, at := range address.FindAllStringIndex(text, -1) {
		out = append(out, piece{text[last:at[0]], false}, piece{text[at[0]:at[1]], true})
		last = at[1]
	}
	return append(out, piece{text[last:], false})
}
