/** Child elements by name; a list repeats the element. */
export interface Xml {
  [name: string]: string | Xml | Xml[];
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const serialize = (value: string | Xml): string =>
  typeof value === 'string'
    ? value.replace(/[&<>"]/g, (char) => escapes[char]!)
    : Object.entries(value)
        .flatMap(([name, inner]) =>
          (Array.isArray(inner) ? inner : [inner]).map(
            (one) => `<${name}>${serialize(one)}</${name}>`,
          ),
        )
        .join('');

/** An XML document without declaration. */
export const xmlDocument = (root: string, namespace: string, members: Xml): string =>
  `<${root} xmlns="${namespace}">${serialize(members)}</${root}>`;
