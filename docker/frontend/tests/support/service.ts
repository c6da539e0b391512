import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";

/**
 * A Kubernetes Service in miniature: new connections go to `port`; each open one stays with the pod that it was
 * opened to. That is what makes rolling updates hard.
 */
export async function startService(port: number) {
    const service = { port, url: "", connections: 0, stop: () => {} };
    const server = createServer((client) => {
        service.connections += 1;
        const pod = connect(service.port, "127.0.0.1");
        client.pipe(pod).pipe(client);
        // A reset on one side is a reset on the other, as it would be without us in between.
        client.on("error", () => pod.destroy());
        pod.on("error", () => client.resetAndDestroy());
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    service.stop = () => void server.close();
    return service;
}
