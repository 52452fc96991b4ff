package passport

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Keys seal the numbers: the first one seals, all of them open, so that a new key can be put in front of the old ones. None
// means that no number can be written or read.
type Keys []key

type key struct {
	id     string // the beginning of the key's SHA-256
	secret []byte
}

const keyBytes = 32

// ErrNoKey is returned where a number was sealed with a key that is not there.
var ErrNoKey = errors.New("the passport number was sealed with another key")

// ParseKeys reads keys of 32 bytes in base64, parted by commas; an empty text gives none.
func ParseKeys(text string) (Keys, error) {
	var ks Keys
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		secret, err := base64.StdEncoding.DecodeString(part)
		if err != nil || len(secret) != keyBytes {
			return nil, fmt.Errorf("key %d for passport numbers: not 32 bytes in base64; make one with `openssl rand -base64 32`", len(ks)+1)
		}
		sum := sha256.Sum256(secret)
		ks = append(ks, key{hex.EncodeToString(sum[:4]), secret})
	}
	return ks, nil
}

// NewKey makes a key, in the form that ParseKeys reads.
func NewKey() string {
	b := make([]byte, keyBytes)
	_, _ = rand.Read(b) // never fails, says crypto/rand
	return base64.StdEncoding.EncodeToString(b)
}

// Sealed is a number as it is kept.
type Sealed struct {
	Key         string // id of the key
	Bytes       []byte // nonce, then AES-256-GCM of the number
	Masked      string
	Fingerprint string // HMAC-SHA256 of kind and number under the first key
}

// Seal encrypts a number. It is bound to the person and the kind: moved to another row it does not open.
func (ks Keys) Seal(person string, k Kind, number string) (Sealed, error) {
	if len(ks) == 0 {
		return Sealed{}, ErrNoKey
	}
	gcm, err := ks[0].gcm()
	if err != nil {
		return Sealed{}, err
	}
	nonce := make([]byte, gcm.NonceSize())
	_, _ = rand.Read(nonce) // never fails, says crypto/rand
	mac := hmac.New(sha256.New, ks[0].secret)
	fmt.Fprintf(mac, "%s\n%s", k, number)
	return Sealed{
		Key: ks[0].id, Bytes: gcm.Seal(nonce, nonce, []byte(number), bound(person, k)),
		Masked: Mask(number), Fingerprint: hex.EncodeToString(mac.Sum(nil)),
	}, nil
}

// Open decrypts a number; ErrNoKey when none of the keys sealed it.
func (ks Keys) Open(person string, k Kind, s Sealed) (string, error) {
	for _, key := range ks {
		if key.id != s.Key {
			continue
		}
		gcm, err := key.gcm()
		if err != nil {
			return "", err
		}
		if len(s.Bytes) < gcm.NonceSize() {
			return "", errors.New("the sealed passport number is cut off")
		}
		number, err := gcm.Open(nil, s.Bytes[:gcm.NonceSize()], s.Bytes[gcm.NonceSize():], bound(person, k))
		if err != nil {
			return "", errors.New("the sealed passport number was changed, or belongs to another person")
		}
		return string(number), nil
	}
	return "", ErrNoKey
}

func (k key) gcm() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func bound(person string, k Kind) []byte { return []byte(person + "\n" + string(k)) }

// Mask hides the middle of a number, always by four stars, so that its length does not show: E12****89.
func Mask(number string) string {
	if len(number) < 7 {
		return number[:min(1, len(number))] + "****"
	}
	return number[:3] + "****" + number[len(number)-2:]
}

var form = regexp.MustCompile(`^[A-Z0-9]{5,20}$`)

// Clean brings a number that was typed into the form in which it is kept; ok is false for what cannot be one.
func Clean(s string) (number string, ok bool) {
	number = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(s)))
	return number, form.MatchString(number)
}
