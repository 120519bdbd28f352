package normalize

import (
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// maxWord is how many bytes of a word are looked at, maxGap how many bytes may lie
// between two words, or a word and a number, that have to do with each other.
const (
	maxWord = 48
	maxGap  = 12
)

// lastWord appends the last word of s[:i] in lower case to dst and returns where it
// starts in s. The word is empty if there is none close by, or if it ends a
// sentence, a number, or the line before the last.
func lastWord(dst []byte, s string, i int) (word []byte, start int) {
	end, lines := i, 0
	for {
		if end == 0 || i-end > maxGap {
			return dst, end
		}
		r, w := utf8.DecodeLastRuneInString(s[:end])
		if ucd.IsLetter(r) || ucd.IsMark(r) {
			break
		}
		if r == '\n' {
			lines++
		}
		if r == '?' || r == '!' || r == ';' || lines > 1 || ucd.IsNumber(r) {
			return dst, end
		}
		end -= w
	}
	for start = end; start > 0 && end-start < maxWord; {
		r, w := utf8.DecodeLastRuneInString(s[:start])
		if !ucd.IsLetter(r) && !ucd.IsMark(r) {
			break
		}
		start -= w
	}
	return appendLower(dst, s[start:end]), start
}

// firstWord appends the word right behind s[:i], but for a space or a dash, a
// parenthesis and a comma at most, in lower case to dst.
func firstWord(dst []byte, s string, i int) []byte {
	start := i
	for start < len(s) && start-i < 3 && strings.IndexByte(" -(,\\", s[start]) >= 0 {
		start++
	}
	end := start
	for end < len(s) && end-start < maxWord && isLetter(s[end]) {
		end++
	}
	if end == i {
		return dst
	}
	return appendLower(dst, s[start:end])
}

// appendLower is ucd.AppendLower with a way round for ASCII.
func appendLower(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return ucd.AppendLower(dst, s[i:])
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// A bearing is what the words around a number say about it.
type bearing int8

const (
	notPhone bearing = iota - 1
	unsaid
	isPhone
)

// bearing returns what the words around the first b groups say about them.
func (n *numeral) bearing(b int) bearing {
	if b := n.bearingBefore(); b != unsaid {
		return b
	}
	var buf [maxWord]byte
	if end := n.end(b); phoneWordsAfter[string(firstWord(buf[:0], n.s, end))] {
		return isPhone
	}
	return unsaid
}

// bearingBefore goes back from the numeral word by word, as long as they connect.
func (n *numeral) bearingBefore() bearing {
	const words = 5
	i := n.start
	var buf [2 * maxWord]byte // lower case can be longer
	for range words {
		word, start := lastWord(buf[:0], n.s, i)
		switch {
		case len(word) == 0:
			return unsaid
		case phoneWords[string(word)] || word[0] >= utf8.RuneSelf && endsInPhoneWord(word):
			if n.inExample(start, len(word)) {
				return unsaid
			}
			return isPhone
		case otherWords[string(word)]:
			return notPhone
		case !connectives[string(word)]:
			return unsaid
		}
		i = start
	}
	return unsaid
}

// inExample reports whether the word of n bytes at i is part of what was put in
// place of a telephone number, such as <phone>.
func (n *numeral) inExample(i, length int) bool {
	word := n.s[i:min(i+length, len(n.s))]
	for _, c := range n.examples {
		if k := strings.Index(c, word); k >= 0 && i >= k && strings.HasPrefix(n.s[i-k:], c) {
			return true
		}
	}
	return false
}

// phoneWords announce a telephone number.
var phoneWords = wordSet(`
	phone phones telephone telephones tel tele ph fax faxes faks mobile mobiles mob cell cellphone cellular landline
	hotline helpline tollfree call calls dial dialing text sms whatsapp viber telegram signal reach contact contacts
	message messages answering pager voicemail
	telefon telefonnummer telefonnr telefonisch rufnummer handy handynummer mobil mobilnummer festnetz durchwahl anrufen
	téléphone tél portable télécopie appeler appelez joindre
	teléfono telefono teléfonos tfno tlf tfn móvil celular llamar llame llamando
	telefone telemóvel telemovel ligue ligar
	cellulare telefonare chiamare chiama
	telefoon telefoonnummer mobiel bel
	telefonu telefonní komórka komórkowy kom dzwoń zadzwoń volejte puhelin puh matkapuhelin telefontal
	telefonszám mobiltelefon cep cepten sabit
	телефон телефона телефону телефоны тел т моб мобильный факс звоните позвоните сотовый звонить
	τηλέφωνο τηλ κινητό φαξ
	điện thoại đt sđt
	فون هاتف الهاتف تلفن موبايل موبایل جوال الجوال تليفون فاكس همراه تماس اتصل
	טלפון טל נייד פקס
	फोन फ़ोन मोबाइल दूरभाष फैक्स ফোন মোবাইল`)

// phoneWordsAfter say behind a number that it was one.
var phoneWordsAfter = wordSet(`office fax mobile cell tel telephone phone landline desk voice mob handy ext extension`)

// otherWords announce another kind of number.
var otherWords = wordSet(`
	isbn issn isin iban bic id ids ref reference order orders invoice sku part item serial account acct card cards
	patent doi pmid pmcid case ticket model ean upc gtin asin vin imei oclc lot batch ssn passport license licence
	registration tracking barcode pin zip postcode po box vat ust ustid steuernummer aktenzeichen bestellnummer
	artikelnummer art artikel konto kontonummer siren siret cnpj cpf nif cif nip regon krs инн огрн кпп снилс счет
	version build page pages year years`)

// connectives may stand between such a word and the number.
var connectives = wordSet(`
	me us him her them at on to is are am the our my your his their number numbers no nr num n or and please now
	today toll free line via by under with using directly for in office home work business main direct local
	international customer service support enquiries inquiries info information uk usa
	au le la les numéro numero número nummer unter sur al el o a der die das ist номер по на`)

// endsInPhoneWord reports whether a word of a script without spaces between words
// ends in one that announces a telephone number.
func endsInPhoneWord(word []byte) bool {
	if r, _ := utf8.DecodeRune(word); r < 0xE00 {
		return false
	}
	w := string(word)
	for _, particle := range [...]string{"是", "为", "は", "는", "은", "号码", "號碼", "番号", "번호"} {
		w = strings.TrimSuffix(w, particle)
	}
	for _, p := range [...]string{"电话", "電話", "手机", "手機", "传真", "傳真", "热线", "熱線", "联系", "聯絡", "致电", "拨打", "咨询", "行动",
		"携帯", "ファックス", "フリーダイヤル", "전화", "휴대폰", "핸드폰", "팩스", "연락처", "문의", "โทร", "โทรศัพท์", "มือถือ", "แฟกซ์"} {
		if strings.HasSuffix(w, p) {
			return true
		}
	}
	return false
}
