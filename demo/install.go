package demo

import (
	"context"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/visit"
)

// Password is that of every account of the demonstration.
const Password = "exeat-demo"

// MailDomain is where the mails of the demonstration go: nowhere (RFC 2606), but into its mailbox.
const MailDomain = "exeat.example"

// readsEnglish are the persons whose pages are in English at first.
var readsEnglish = map[string]bool{"faculty.leeds": true}

// Install puts the university and an account for each of its persons into the database. What is there already stays: an
// account keeps its password and language.
//
// The password is hashed once and all accounts share the hash: everybody may know that password, so salts of their own
// would hide nothing, and sixty hashes would take longer than everything else.
func Install(ctx context.Context, st *store.Store) error {
	u := University()
	if err := st.PutUniversity(ctx, u); err != nil {
		return err
	}
	hash, err := auth.Hash(Password)
	if err != nil {
		return err
	}
	for _, p := range u.People {
		if err := putAccount(ctx, st, p.ID, hash); err != nil {
			return err
		}
	}
	return nil
}

func putAccount(ctx context.Context, st *store.Store, person, hash string) error {
	_, err := st.Account(ctx, person)
	if visit.CodeOf(err) != visit.NotFound {
		return err
	}
	language := "zh"
	if readsEnglish[person] {
		language = "en"
	}
	if err := st.PutContact(ctx, person, store.Mail, person+"@"+MailDomain); err != nil {
		return err
	}
	return st.PutAccount(ctx, store.Account{Username: person, Person: person, Password: hash, Language: language, Demo: true})
}
