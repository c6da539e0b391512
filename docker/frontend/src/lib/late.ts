import { lazy, type ComponentType } from "react";

const AGAIN_AFTER_MS = 1_000;

/** A component whose code comes later; one failure of the network is forgiven. For use inside a `Part`. */
export function late<Props>(load: () => Promise<{ default: ComponentType<Props> }>) {
    return lazy(() =>
        load().catch(async () => {
            await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
            return load();
        }),
    );
}
