/** A case that misses its bar for a reason that is known. */
export interface KnownMiss {
    /** How it misses; whatever else it misses fails all the same. */
    misses: RegExp;
    reason: string;
}

/** By the case's title. */
export const KNOWN_MISSES: Readonly<Record<string, KnownMiss>> = {
    "rotation of the database's password": {
        misses: /^\d{1,3} requests failed/,
        reason: "The one PostgreSQL starts anew to take the password over, and until its own rollout the backend knows only the old one",
    },
    "image whose readiness never comes": {
        misses: /to include 'this version is broken/,
        reason: "Pulumi's Kubernetes provider reads neither logs nor events, and a container that runs has no other last words: kubectl logs and kubectl describe have them",
    },
    "quota reached": {
        misses: /to include 'exceeded quota'/,
        reason: "The Deployment says so in its condition ReplicaFailure, which Pulumi's Kubernetes provider does not read: kubectl describe deployment shows it",
    },
};
