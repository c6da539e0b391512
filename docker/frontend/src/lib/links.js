// What Next's router tells its own links, which this page has none of: see next.config.ts.
export function setLinkForCurrentNavigation() {}
