import { useRouter } from "next/navigation";
import { useTransition, type ComponentProps, type MouseEvent } from "react";

/**
 * A link to another screen, which is shown without loading the page anew. Next’s own Link does the same and fetches
 * ahead, which is not wanted here; it would cost 3 kB of the first load. It shows that it is on its way.
 */
export function ScreenLink({ href, ...rest }: ComponentProps<"a"> & { href: string }) {
    const router = useRouter();
    const [pending, startTransition] = useTransition();

    function follow(event: MouseEvent<HTMLAnchorElement>) {
        const { button, metaKey, ctrlKey, shiftKey, altKey } = event;
        // Those open a tab or a window, or save the page: the browser's business.
        if (button !== 0 || metaKey || ctrlKey || shiftKey || altKey) return;
        event.preventDefault();
        startTransition(() => router.push(href));
    }

    return <a {...rest} href={href} aria-busy={pending || undefined} onClick={follow} />;
}
