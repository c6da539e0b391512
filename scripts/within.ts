/**
 * Gives a task so many seconds, and then aborts it and goes on, whether the task heeds that or not: `fetch` does not always
 * when its connection broke. Unlike AbortSignal.timeout, this keeps the process alive meanwhile: a connection that is taken
 * and closed at once, as while Minikube starts, leaves `fetch` waiting with nothing that does.
 */
export async function within<T>(
    seconds: number,
    task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
    const attempt = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
            const error = new Error(`no answer within ${seconds} s`);
            reject(error);
            attempt.abort(error);
        }, seconds * 1000);
    });
    try {
        return await Promise.race([task(attempt.signal), late]);
    } finally {
        clearTimeout(timer);
    }
}
