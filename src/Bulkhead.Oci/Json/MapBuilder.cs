using System;
using System.Collections.Generic;

namespace Bulkhead.Oci;

/// <summary>
/// A map in the order of the document, with unique keys. Up to some dozens of keys a scan is cheaper than the first use of a hash table
/// in a process that lives for milliseconds; beyond that a hash table keeps a hostile document linear.
/// </summary>
internal struct MapBuilder<T> where T : class
{
    private const int ScanLimit = 64;

    private KeyValuePair<string, T>[] _items;
    private int _count;
    private Dictionary<string, int>? _index;

    public MapBuilder(KeyValuePair<string, T>[] current)
    {
        _items = current;
        _count = current.Length;
    }

    public readonly T? Get(string key)
    {
        int at = Find(key);
        return at < 0 ? null : _items[at].Value;
    }

    public void Set(string key, T value)
    {
        int at = Find(key);
        if (at >= 0)
        {
            _items[at] = new KeyValuePair<string, T>(key, value);
            return;
        }
        if (_count == _items.Length)
            Array.Resize(ref _items, Math.Max(8, _count * 2));
        _items[_count] = new KeyValuePair<string, T>(key, value);
        _index?.Add(key, _count);
        _count++;
        if (_index is null && _count > ScanLimit)
            BuildIndex();
    }

    public readonly KeyValuePair<string, T>[] ToArray()
    {
        KeyValuePair<string, T>[] items = _items;
        Array.Resize(ref items, _count);
        return items;
    }

    private readonly int Find(string key)
    {
        if (_index is not null)
            return _index.TryGetValue(key, out int at) ? at : -1;
        for (int i = 0; i < _count; i++)
        {
            if (string.Equals(_items[i].Key, key))
                return i;
        }
        return -1;
    }

    private void BuildIndex()
    {
        _index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < _count; i++)
            _index[_items[i].Key] = i;
    }
}
