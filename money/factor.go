package money

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/exeat/exeat/visit"
)

// Factor is a rate of exchange in millionths; as text and JSON it is a decimal number such as 0.0512.
type Factor int64

const one Factor = 1_000_000

const factorDigits = 6

// ParseFactor reads a positive decimal number with at most six decimals, below a million.
func ParseFactor(s string) (Factor, error) {
	whole, decimals, _ := strings.Cut(s, ".")
	if len(decimals) > factorDigits || len(whole) > factorDigits || strings.Trim(whole+decimals, "0123456789") != "" || whole == "" {
		return 0, fmt.Errorf("%q is not a number with at most six decimals", s)
	}
	n, err := strconv.ParseInt(whole+(decimals + "000000")[:factorDigits], 10, 64)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is not a number above zero", s)
	}
	return Factor(n), nil
}

// String gives the number without zeros at its end.
func (f Factor) String() string {
	s := fmt.Sprintf("%07d", int64(f))
	whole, decimals := s[:len(s)-factorDigits], strings.TrimRight(s[len(s)-factorDigits:], "0")
	if decimals == "" {
		return whole
	}
	return whole + "." + decimals
}

// MarshalJSON writes the number.
func (f Factor) MarshalJSON() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalJSON reads the number.
func (f *Factor) UnmarshalJSON(b []byte) error {
	v, err := ParseFactor(string(b))
	*f = v
	return err
}

// of converts an amount into CNY, rounded to the nearest fen; it stops at the greatest amount.
func (f Factor) of(m visit.Money) visit.Money {
	product := new(big.Int).Mul(big.NewInt(int64(m)), big.NewInt(int64(f)))
	product.Add(product, big.NewInt(int64(one)/2)).Quo(product, big.NewInt(int64(one)))
	if !product.IsInt64() {
		return 1<<63 - 1
	}
	return visit.Money(product.Int64())
}
