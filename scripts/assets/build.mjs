// Makes the third-party assets from the packages that `npm ci` fetched: for the pages htmx as it comes, checked through
// esbuild, and the names of countries and regions out of CLDR, in the order in which each language lists them; for the
// PDF documents a subset of Noto Sans SC.
import { readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import subset from "subset-font";

const root = new URL("../../", import.meta.url);
const vendor = new URL("server/web/assets/vendor/", root);
const fonts = new URL("document/fonts/", root);
const packages = new URL("node_modules/", root);

async function script() {
  await build({
    entryPoints: [new URL("htmx.org/dist/htmx.js", packages).pathname],
    outfile: new URL("htmx.min.js", vendor).pathname,
    minify: true,
    target: "es2022",
    legalComments: "inline",
    logLevel: "warning",
  });
}

// Codes that CLDR names but ISO 3166-1 does not assign, and the country that one travels out of.
const left_out = new Set(["CN", "AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"]);

async function countries(lang) {
  const file = new URL(`cldr-localenames-full/main/${lang}/territories.json`, packages);
  const names = JSON.parse(await readFile(file, "utf8")).main[lang].localeDisplayNames.territories;
  const order = new Intl.Collator(lang);
  return Object.keys(names)
    .filter((code) => /^[A-Z]{2}$/.test(code) && !left_out.has(code))
    .map((code) => ({ code, name: names[`${code}-alt-short`] ?? names[code] }))
    .sort((a, b) => order.compare(a.name, b.name));
}

// What a document may say: Latin with its accents, punctuation, signs, and every Chinese character that the font has. Names
// hold rare ones, so none is left out; Japanese and Korean letters are.
const blocks = [
  [0x20, 0x24f], [0x2000, 0x206f], [0x20a0, 0x20bf], [0x2100, 0x22ff], [0x2460, 0x24ff], [0x2500, 0x25ff],
  [0x3000, 0x303f], [0x3200, 0x33ff], [0x3400, 0x9fff], [0xf900, 0xfaff], [0xff00, 0xffef], [0x20000, 0x323af],
];

async function font() {
  const whole = await readFile(new URL("@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf", packages));
  const text = blocks.map(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join("")).join("");
  await writeFile(new URL("NotoSansSC.ttf", fonts), await subset(whole, text, { targetFormat: "truetype" }));
}

await script();
await font();
await writeFile(new URL("countries.json", vendor), JSON.stringify({ zh: await countries("zh"), en: await countries("en") }));
