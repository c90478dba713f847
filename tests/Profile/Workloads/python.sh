# CPython: processes, threads, multiprocessing, asyncio, sockets, sqlite, files.
cd /tmp; cat >p.py <<'P'
import os, sys, subprocess, threading, multiprocessing, asyncio, socket, sqlite3, tempfile, shutil, signal, mmap, select, time, http.server, urllib.request, concurrent.futures, fcntl, resource, ctypes, uuid, platform, getpass, random, ssl, hashlib
def square(x): return x * x
def main():
    print(subprocess.run(["sh", "-c", "echo sub; exit 3"], capture_output=True).returncode)
    with concurrent.futures.ThreadPoolExecutor(8) as e: print(sum(e.map(square, range(100))))
    with multiprocessing.Pool(2) as p: print(sum(p.map(square, range(100))))
    q = multiprocessing.Queue(); w = multiprocessing.Process(target=q.put, args=(7,)); w.start(); print(q.get()); w.join()
    db = sqlite3.connect("d.db"); db.execute("pragma journal_mode=wal"); db.execute("create table t(a)"); db.executemany("insert into t values(?)", [(i,) for i in range(1000)]); db.commit(); print(db.execute("select sum(a) from t").fetchone()[0]); db.close()
    s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler); s.RequestHandlerClass.log_message = lambda *a: None
    threading.Thread(target=s.serve_forever, daemon=True).start(); print(urllib.request.urlopen("http://127.0.0.1:%d/p.py" % s.server_port).status); s.shutdown()
    async def echo():
        srv = await asyncio.start_unix_server(lambda r, w: w.close(), "u.sock"); r, w = await asyncio.open_unix_connection("u.sock"); print(await r.read()); srv.close()
        pr = await asyncio.create_subprocess_exec("true"); print(await pr.wait())
    asyncio.run(echo())
    d = tempfile.mkdtemp(); shutil.copytree("/etc/apt", d + "/apt"); shutil.rmtree(d)
    with open("m", "w+b") as f:
        f.truncate(8192); m = mmap.mmap(f.fileno(), 8192); m[:3] = b"abc"; m.flush(); fcntl.flock(f, fcntl.LOCK_EX); fcntl.lockf(f, fcntl.LOCK_EX); os.fsync(f.fileno()); os.posix_fallocate(f.fileno(), 0, 4096); os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)
        print(os.sendfile(f.fileno(), os.open("/etc/passwd", os.O_RDONLY), 0, 10)); os.preadv(f.fileno(), [bytearray(10)], 0); os.pwritev(f.fileno(), [b"x"], 0); os.copy_file_range(os.open("d.db", os.O_RDONLY), f.fileno(), 10)
    signal.signal(signal.SIGALRM, lambda *a: print("alarm")); signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(0.2)
    socket.getaddrinfo("localhost", 80); a, b = socket.socketpair(); a.send(b"x"); b.recv(1); resource.getrlimit(resource.RLIMIT_NOFILE); os.getloadavg(); os.sched_getaffinity(0); os.getpriority(os.PRIO_PROCESS, 0); socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    os.close(os.memfd_create("x")); os.close(os.pidfd_open(os.getpid())); os.close(os.eventfd(0)); select.epoll().close(); uuid.uuid4(); platform.platform(); ssl.create_default_context(); hashlib.scrypt(b"a", salt=b"b", n=2, r=8, p=1)
    print("OK")
if __name__ == "__main__": main()
P
exec python3 p.py
