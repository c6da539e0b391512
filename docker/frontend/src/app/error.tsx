"use client";

/**
 * When a screen cannot be shown at all, for instance because its code did not arrive: it is asked for anew, page and all.
 * Says so in its own words, so that it needs no more code than this.
 */
export default function ErrorScreen() {
    return (
        <>
            <h1>This screen could not be shown</h1>
            <button type="button" onClick={() => location.reload()}>
                Load the page again
            </button>
        </>
    );
}
