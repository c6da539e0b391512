import { useSWRConfig } from "swr";

import { api } from "@/lib/api";
import type { User, UserFields } from "@/lib/types";

import { useCall } from "./useApi";
import { ME, useAccountHolder } from "./UserContext";

/** What a person can change about their own account. Each throws ApiError. */
export function useAccount() {
    const { mutate } = useSWRConfig();
    const { leave } = useAccountHolder();
    const call = useCall();

    return {
        change: (fields: UserFields) =>
            call(async () => {
                const user = await api<User>(ME, { method: "PATCH", body: fields });
                // Another zone may be on another day.
                await mutate(() => true);
                return user;
            }),
        setPassword: (current: string, next: string) =>
            call(() =>
                api(`${ME}/password`, {
                    method: "PUT",
                    body: { current_password: current, new_password: next },
                }),
            ),
        remove: (password: string) =>
            call(async () => {
                await api(ME, { method: "DELETE", body: { password } });
                const gone = mutate(ME, null, { revalidate: false });
                leave();
                await gone;
            }),
    };
}
