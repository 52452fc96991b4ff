// Makes the third-party assets of the pages from the packages that `npm ci` fetched: htmx as it comes, checked through
// esbuild, and the names of countries and regions out of CLDR, in the order in which each language lists them.
import { readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const root = new URL("../../", import.meta.url);
const vendor = new URL("server/web/assets/vendor/", root);
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

await script();
await writeFile(new URL("countries.json", vendor), JSON.stringify({ zh: await countries("zh"), en: await countries("en") }));
