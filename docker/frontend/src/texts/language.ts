/** The language of the page's texts, as BCP 47 names it; `texts/index.ts` has them. */
export const LANGUAGE = "en";

/** How the person writes that language (en-GB, en-US, …), for dates: one language on a page, never two. */
export function locale(): string {
    const wanted = typeof navigator === "undefined" ? [] : (navigator.languages ?? []);
    return wanted.find((one) => one === LANGUAGE || one.startsWith(`${LANGUAGE}-`)) ?? LANGUAGE;
}
