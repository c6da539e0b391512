import { apiResponse } from "./api";

/** All pages of a list, by their `Link: <…>; rel="next"`. */
export async function apiPages<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    for (let next: string | undefined = path; next;) {
        const response: Response = await apiResponse(next);
        items.push(...((await response.json()) as Item[]));
        next = /<([^>]+)>\s*;[^,]*rel="?next"?/.exec(response.headers.get("link") ?? "")?.[1];
    }
    return items;
}
