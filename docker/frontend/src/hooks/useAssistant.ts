import { useApi } from "./useApi";

/** Whether this installation has an assistant: without a key for its model nothing speaks of it. Undefined while unknown. */
export function useAssistant(): boolean | undefined {
    const { data, error } = useApi<{ available: boolean }>("/api/v1/chat");
    // A backend that cannot tell may still have one.
    return data?.available ?? (error ? true : undefined);
}
