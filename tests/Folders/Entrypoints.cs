namespace Bulkhead.Folders;

/// <summary>The table: what runs untouched, what does not, and the one flag that mends it.</summary>
public static class Entrypoints
{
    private const string Denied = "Value too large for defined data type";

    private const string NodeServer = "require('http').createServer((q,r)=>r.end('node\u00a0'+process.getuid()+'\\n')).listen(80)";

    public static Entrypoint[] All { get; } =
    [
        Redis("untouched", "-v @D:/data", "OK\nOK\nfolder", "runs") with { Kept = "dump.rdb" },
        Redis("without a folder", "--tmpfs /data", "OK\nOK\nfolder", "runs; the data is gone with it"),
        Redis("as root", "--as-root --writable", "OK\nOK\nfolder", "runs: gives its folder to redis and drops to it, in the container's layer"),
        Redis("as root with a folder", "--as-root -v @D:/data", null, "chown fails: of the folder's files one id is mapped. Leave out `--as-root`") with { Error = "chown: changing ownership of '.': " + Denied },
        Nginx("untouched", "-v @D:/var/www/html", null, "its folders for bodies are in the root file system: `--tmpfs /var/lib/nginx` (the official image's: `/var/cache/nginx`)")
            with { Error = "mkdir() \"/var/lib/nginx/body\" failed (30: Read-only file system)" },
        Nginx("with its tmpfs", "--tmpfs /var/lib/nginx -v @D:/var/www/html", "page\n65532", "runs, on port 80"),
        Nginx("as root", "--as-root --tmpfs /var/lib/nginx -v @D:/var/www/html", "page\n0\n33", "runs: workers are www-data"),
        Postgres("untouched", "-v @D:/var/lib/postgresql/data", "7", "runs: PostgreSQL finds a name for its user, and its socket's folder") with { Kept = "PG_VERSION" },
        Postgres("as postgres", "-u postgres -v @D:/var/lib/postgresql/data", "7", "runs") with { Kept = "PG_VERSION" },
        Postgres("as root", "--as-root --writable", "7", "runs: drops to postgres by gosu"),
        MariaDb("untouched", "-v @D:/var/lib/mysql", "7", "runs") with { Kept = "ibdata1" },
        MariaDb("as root", "--as-root --writable", "7", "runs: drops to mysql by gosu"),
        new("node: untouched", "node.sh", "", $"-e {NodeServer}", "curl -s -o /dev/null 127.0.0.1", "curl -s 127.0.0.1", "node 65532", "runs, on port 80"),
    ];

    private static Entrypoint Redis(string name, string flags, string? wanted, string says) =>
        new("redis: " + name, "redis.sh", "-w /data " + flags, "redis-server --save 60 1", "redis-cli ping", "redis-cli set a folder; redis-cli save; redis-cli get a", wanted, says);

    private static Entrypoint Nginx(string name, string flags, string? wanted, string says) =>
        new("nginx: " + name, "nginx.sh", flags, "nginx -g daemon\u00a0off;", "curl -s -o /dev/null 127.0.0.1",
            "curl -s 127.0.0.1/page; curl -s -o /dev/null --data-binary @/usr/bin/perl 127.0.0.1/page; ps -C nginx -o uid= | tr -d ' ' | sort -nu", wanted, says);

    private static Entrypoint Postgres(string name, string flags, string? wanted, string says) =>
        new("PostgreSQL: " + name, "postgres.sh", "-e POSTGRES_PASSWORD=x " + flags, "postgres", "pg_isready -q -h 127.0.0.1",
            "psql -U postgres -qAt -c 'create table t(a int)' -c 'insert into t values(7)' -c 'select a from t' app", wanted, says);

    private static Entrypoint MariaDb(string name, string flags, string? wanted, string says) =>
        new("MariaDB: " + name, "mariadb.sh", flags, "mariadbd", "mariadb -uroot -e 'select 1'",
            "mariadb -uroot -N -e 'create database d; create table d.t(a int); insert into d.t values(7); select a from d.t'", wanted, says);
}
